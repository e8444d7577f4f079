"""What Falin is measured beside, each as its own documentation says it should be set up."""
