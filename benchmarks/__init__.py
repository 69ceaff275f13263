"""How long reading takes, how much memory it needs and how both grow; beside other ways to find gaps."""
