"""Measurements, as tables of ratios; not a part of the tests."""
