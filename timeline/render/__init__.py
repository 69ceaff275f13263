"""A review video from a timeline: media → plan → artwork → graph → encode → verify."""
