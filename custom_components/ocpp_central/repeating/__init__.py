"""What wants reservations again and again: series in our calendars, and calendars of others that are linked."""
