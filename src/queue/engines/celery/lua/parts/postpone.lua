--- postpone(id, message): a task that is not due waits in the ledger, with its message.
local function postpone(id, message)
  if message and message ~= '' then call('HSET', key(id), 'message', message) end
end
