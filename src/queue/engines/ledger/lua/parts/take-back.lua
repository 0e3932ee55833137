--- take_back(id, state): a provisional end: nobody has run the task, and later news may be otherwise.
local function take_back(id, state)
  call('ZREM', P .. 'done:' .. state, id)
  call('HDEL', key(id), 'provisional', 'finishedAt', 'error')
end
