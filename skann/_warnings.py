"""Warning classes of the package, so that users can silence one and keep the others."""


class SkannWarning(UserWarning):
    """Base class of every warning that skann gives."""


class DroppedColumnWarning(SkannWarning):
    """A column was left out because it looks like an identifier."""


class ModelVersionWarning(SkannWarning):
    """A model was written with another version, so that it may predict something else."""


class ValidationWarning(SkannWarning):
    """No validation rows could be set aside, so training cannot be watched on unseen rows."""


class WorkflowWarning(SkannWarning):
    """A step that often misleads: a test set looked at again, accuracy on rare classes."""
