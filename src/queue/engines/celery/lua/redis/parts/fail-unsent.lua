--- fail_unsent(): a task that can never reach a worker has failed, and is no reason for others to.
--- @include look, over, failure, push, settle, announce
local function fail_unsent()
  for _, refusal in ipairs(unsent) do
    local id, reason = refusal[1], refusal[2]
    local task = look(id)
    if task.state and not over[task.state] then
      settle(id, task.queue, task.state, 'failed', failure('refused', { reason = reason }), nil, task)
    end
    announce(id, 'failed', reason)
  end
end
