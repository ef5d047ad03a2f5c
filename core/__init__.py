"""What Submarine is, without any technology: values, their laws, use-cases and ports."""
