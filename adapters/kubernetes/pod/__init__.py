"""What runs inside pods: standard library only, brought there in a zip."""
