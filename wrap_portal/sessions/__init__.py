"""Training sessions in the diary: dates, places, trainers."""
