"""The report of a lesson: one HTML page for people, drawn from the tables of measures and nothing else."""
