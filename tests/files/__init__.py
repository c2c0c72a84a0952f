"""Tests of `txkoji.files`."""
