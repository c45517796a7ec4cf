"""Commands that need neither store nor configuration: judge a model, rank images, look through a set."""
