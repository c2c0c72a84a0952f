"""Tests of `txkoji.hub`."""
