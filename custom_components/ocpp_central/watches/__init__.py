"""What is looked after while a central system runs, and told its owner as repairs: one module for each thing that can be wrong."""
