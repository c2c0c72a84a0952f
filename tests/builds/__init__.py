"""Tests of `txkoji.builds`."""
