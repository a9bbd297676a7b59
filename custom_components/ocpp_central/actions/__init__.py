"""What can be asked of chargers beside reserving: fields and responses in `*_services`, what is done in the other modules.

The actions about reservations are those of `services`, which registers all of them.
"""
