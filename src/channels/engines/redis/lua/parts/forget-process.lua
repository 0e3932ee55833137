--- forget_process(process): it is gone, with its members.
local function forget_process(process)
  local members = call('HGETALL', key('w:', process))
  for i = 1, #members, 2 do call('HDEL', key('m:', members[i + 1]), members[i]) end
  call('DEL', key('w:', process))
  call('ZREM', P .. 'processes', process)
end
