--- push(id, queue, message): a broker elsewhere: what is to be sent is noted, with a number that the process confirms.
--- @include noted
local function push(_, _, message)
  if not message or message == '' then return end
  local note = tostring(call('INCR', P .. 'outseq'))
  call('HSET', P .. 'out', note, message)
  outgoing[#outgoing + 1] = note
  out[#out + 1] = note .. '\n' .. message
end
