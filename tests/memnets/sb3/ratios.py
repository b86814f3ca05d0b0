"""What PPO makes of stored actions before any update."""

import torch


def collect(model, callback=None):
    """One more rollout into the model's buffer."""
    if not hasattr(model, "ready"):
        _, model.ready = model._setup_learn(10**6, callback)
        model.ready.on_training_start({}, {})
    model.collect_rollouts(model.env, model.ready, model.rollout_buffer, model.n_steps)


def largest_changes(model, batch_size=None):
    """Of log-probabilities and values, between the rollout and the present weights."""
    model.policy.set_training_mode(True)
    largest = [0.0, 0.0]
    for data in model.rollout_buffer.get(batch_size or model.batch_size):
        mask = data.mask > 1e-8
        actions = data.actions
        if hasattr(model.action_space, "n") and not model.action_space.shape:
            actions = actions.long().flatten()
        with torch.no_grad():
            values, log_prob, _ = model.policy.evaluate_actions(
                data.observations, actions, data.lstm_states, data.episode_starts
            )
        moved = (log_prob - data.old_log_prob)[mask].abs().max().item()
        valued = (values.flatten() - data.old_values)[mask].abs().max().item()
        largest = [max(largest[0], moved), max(largest[1], valued)]
    return largest
