--- whole(id): all that a worker needs of a task, in the order of `columns` (ledger-record.ts), since a list costs a script less than a table by
--- names; below are the numbers of those that scripts look at.
local c_state, c_queue, c_token, c_attempt, c_startedAt, c_worker, c_crashes, c_runAt, c_expiresAt = 1, 2, 4, 5, 6, 7, 8, 9, 10
local c_provisional, c_tag, c_unlisted, c_message = 16, 22, 23, 24
local function whole(id)
  return call('HMGET', key(id), 'state', 'queue', 'body', 'token', 'attempt', 'startedAt', 'worker', 'crashes', 'runAt', 'expiresAt', 'progress',
    'cancel', 'error', 'foreign', 'expected', 'provisional', 'name', 'input', 'createdAt', 'priority', 'headers', 'tag', 'unlisted', 'message')
end
