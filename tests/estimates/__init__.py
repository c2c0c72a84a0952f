"""Tests of `txkoji.estimates`."""
