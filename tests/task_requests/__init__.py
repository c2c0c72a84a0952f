"""Tests of `txkoji.task_requests`."""
