"""Tests of `txkoji.waiting`."""
