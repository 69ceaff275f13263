"""What a lesson's timing and media say about the class. Signals, not judgements."""
