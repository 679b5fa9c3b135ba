"""Does influence predict retraining? Random subsets, retraining on each, and the linear datamodeling score."""
