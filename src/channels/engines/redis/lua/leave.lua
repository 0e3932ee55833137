--- Takes members of a process away.
--- Keys: m:, w:
--- Arguments: the process, n, n × id
--- Answer: nothing
local process = arg()
for _ = 1, number() do
  local id = arg()
  local stream = call('HGET', key('w:', process), id)
  if stream then
    call('HDEL', key('m:', stream), id)
    call('HDEL', key('w:', process), id)
  end
end
