"""Tests of `txkoji.submissions`."""
