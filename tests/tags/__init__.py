"""Tests of `txkoji.tags`."""
