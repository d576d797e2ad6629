"""Reviews: their numbers, their text, the check of it, the experiment, and when each is due."""
