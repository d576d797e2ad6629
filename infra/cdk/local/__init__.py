"""The desk on one laptop: the emulator, the same CDK app deployed to it, and a way to drive it."""
