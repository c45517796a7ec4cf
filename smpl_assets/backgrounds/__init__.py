"""What people stand before: photographs without people, and built-in places."""
