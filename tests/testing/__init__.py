"""Tests of `txkoji.testing`."""
