--- The members of a stream, of processes that live.
--- Keys: processes, m:
--- Arguments: stream
--- Answer: id and data, for each
--- @include time
local members, now = call('HGETALL', key('m:', arg())), milliseconds()
local lives, answer = {}, {}
for i = 1, #members, 2 do
  local process, data = string.match(members[i + 1], '^(.-)\n(.*)$')
  if lives[process] == nil then lives[process] = tonumber(call('ZSCORE', P .. 'processes', process) or 0) > now end
  if lives[process] then
    answer[#answer + 1] = members[i]
    answer[#answer + 1] = data
  end
end
return answer
