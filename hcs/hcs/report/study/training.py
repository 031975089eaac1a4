"""Sections on training: loss and accuracy by epoch, and the search of learning rate and momentum."""

from hcs.answer.facts import StudyFacts
from hcs.pages.page import (
    Section,
    page_figure,
    page_table,
)
from hcs.report import named_plots as plots
from hcs.wording import plural
from hcs_models.overfitting import rise_sentence


def training_section(facts: StudyFacts) -> Section:
    """Loss and accuracy by epoch."""
    title = "Training"
    if facts.history.empty:
        return Section("training", title, missing=["The table of training histories is missing or empty."])
    loss = facts.last_losses
    final = f"median {loss['median']:.2f}, range {loss['min']:.2f} to {loss['max']:.2f}"
    told = "" if loss.isna().all() else f"Validation loss at the last epoch: {final}. "
    figure = page_figure(
        plots.training(facts).figure,
        "Training of the CNN's new layers: thin lines are sets, bold lines their medians; losses far above "
        f"the others are cut. {told}Accuracy here is of tiles and serves to "
        f"watch training; what it means for {facts.classes.nouns} stands above.",
        name="training",
        alt="Training and validation loss and accuracy by epoch.",
        numbers=facts.history,
    )
    rise = "" if facts.overfitting.empty else rise_sentence(facts.overfitting)
    return Section("training", title, [rise] if rise else [], [figure])


def search_section(facts: StudyFacts) -> Section | None:
    """Show the search of learning rate and momentum; None where nothing was searched."""
    trials, heads = facts.trials, facts.heads
    if trials.empty or heads.empty:
        return None
    per_set = trials.groupby("set").size()
    n = int(per_set.max())
    diverged = int((trials["value"] == 0).sum())
    rates, momenta = facts.chosen["learning_rate"], facts.chosen["momentum"]
    sentences = [
        f"Each of the {len(per_set)} {plural('set', len(per_set))} searched {n} {plural('trial', n)}, scored "
        "by the accuracy of its validation tiles; test tiles took no part.",
        f"Chosen learning rates run from {rates['min']:.2g} to {rates['max']:.2g} (median "
        f"{rates['median']:.2g}), momenta from {momenta['min']:.2f} to {momenta['max']:.2f} (median "
        f"{momenta['median']:.2f}).",
    ]
    if diverged:
        sentences.append(f"{diverged} of {len(trials)} trials diverged and count as accuracy 0.")
    figure = page_figure(
        plots.search(facts).figure,
        f"All {len(trials):,} trials; ringed are the ones whose values trained the set's final layers.",
        name="search",
        alt="Scatter plot of learning rate and momentum of all trials, coloured by validation accuracy.",
        numbers=trials,
    )
    table = page_table(
        heads,
        "The final layers of every set: values chosen, epoch kept, and accuracy of training and validation "
        "tiles there.",
        name="heads",
        formats={"set": str, "learning_rate": "{:.2g}".format, "momentum": "{:.3f}".format},
    )
    return Section("search", "Hyperparameter search", [" ".join(sentences)], [figure, table])
