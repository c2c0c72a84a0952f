"""Tests of `txkoji.messages`."""
