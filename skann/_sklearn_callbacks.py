"""All that knows of scikit-learn's callbacks, which came with 1.9 and are experimental there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

try:
    from sklearn.callback import CallbackSupportMixin as CallbackSupportMixin
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """There is nothing to support before scikit-learn 1.9."""


class Task(NamedTuple):
    """A step of a fit that callbacks are told of; nobody is told without a context.

    Parameters
    ----------
    estimator : estimator
        Whose fit it is a step of.
    context : sklearn.callback.CallbackContext or None
    X, y : array-like or None
        The rows that the step is about.
    sample_weight : array-like or None
    fitted : callable or None
        Returns the attributes that the estimator would have if it stopped here; called only where
        a callback asks for the fitted estimator.
    """

    estimator: Any = None
    context: Any = None
    X: Any = None
    y: Any = None
    sample_weight: Any = None
    fitted: Callable[[], Mapping[str, Any]] | None = None

    @classmethod
    def fit_of(cls, estimator: Any, n_steps: int, *, in_order: bool = True, **about: Any) -> "Task":
        """Begin the task that is the whole fit of an estimator.

        Parameters
        ----------
        estimator : estimator
            Its ``fit`` has `_fit_context` of scikit-learn, which ends callbacks however it ends.
        n_steps : int
            Most subtasks there can be.
        in_order : bool, default=True
            Whether subtasks come one after the other; otherwise each needs a number.
        **about
            ``X``, ``y`` and ``sample_weight``.
        """
        if not hasattr(estimator, "_init_callback_context"):
            return cls()
        context = estimator._init_callback_context(
            max_subtasks=n_steps, sequential_subtasks=in_order
        )
        return cls(estimator, context, **about).begin()

    def subtask(
        self,
        name: str,
        number: int | None = None,
        *,
        n_steps: int | None = 0,
        in_order: bool = True,
        **about: Any,
    ) -> "Task":
        """Return a step of this one, about the same rows unless ``about`` has others."""
        if self.context is None:
            return self
        context = self.context.subcontext(
            task_name=name, task_id=number, max_subtasks=n_steps, sequential_subtasks=in_order
        )
        return self._replace(context=context, **about)

    def begin(self) -> "Task":
        """Tell callbacks that the step begins, and return it."""
        if self.context is not None:
            self.context.call_on_fit_task_begin(estimator=self.estimator, **self._about)
        return self

    def end(self) -> bool:
        """Tell callbacks that the step has ended; return whether one asks to stop here."""
        if self.context is None:
            return False
        return self.context.call_on_fit_task_end(
            estimator=self.estimator, reconstruction_attributes=self.fitted, **self._about
        )

    @contextmanager
    def fit_within(self, estimator: Any) -> Iterator[None]:
        """Let the fit of another estimator be this step, and hand it the callbacks that go on."""
        if self.context is None:
            yield
            return
        with self.context.propagate_callback_context(estimator):
            self.begin()
            yield
            self.end()

    @property
    def _about(self) -> dict[str, Any]:
        weighed = self.sample_weight is not None
        metadata = {"sample_weight": self.sample_weight} if weighed else None
        return {"X": self.X, "y": self.y, "metadata": metadata}
