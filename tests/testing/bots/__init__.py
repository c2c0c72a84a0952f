"""Three bots of a page each, to show how bots are tested."""
