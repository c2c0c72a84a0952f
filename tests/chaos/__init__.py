"""Storms of calls over bad networks, and what they leave behind."""
