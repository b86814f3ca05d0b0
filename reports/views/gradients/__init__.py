"""The view of the procedure "gradients": estimators against the exact gradient."""
