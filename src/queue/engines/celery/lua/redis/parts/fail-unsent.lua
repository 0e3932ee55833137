--- fail_unsent(): a task that can never reach a worker has failed, and is no reason for others to.
--- @include look, over, reason, push, settle, announce
local function fail_unsent()
  for _, refusal in ipairs(unsent) do
    local id, text = refusal[1], 'Its queue cannot be used: ' .. refusal[2]
    local task = look(id)
    if task.state and not over[task.state] then
      settle(id, task.queue, task.state, 'failed', reason('CORTADO_QUEUE_UNREACHABLE', text), nil, task)
    end
    announce(id, 'failed', text)
  end
end
