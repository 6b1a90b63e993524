"""What a report on a model finds, and how it is shown."""
