"""The data set that RarePose makes itself: people in places, seen through a camera of their own."""
