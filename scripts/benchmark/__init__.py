"""What a message of a charger costs: CPU time and latency of this integration, beside what nothing can undercut."""
