"""Our server with five hundred jobs on a real Hadoop, most of which wait in its queue."""
