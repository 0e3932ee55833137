--- Adds members of a process, where it is known.
--- Keys: processes, m:, w:
--- Arguments: the process, n, n × id, stream, data
--- Answer: nothing
local process = arg()
if not call('ZSCORE', P .. 'processes', process) then return end
for _ = 1, number() do
  local id, stream, data = arg(), arg(), arg()
  call('HSETNX', key('m:', stream), id, process .. '\n' .. data)
  call('HSET', key('w:', process), id, stream)
end
