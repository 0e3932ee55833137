--- restore(id, queue, tag): gives the delivery of a lost worker back to its list.
--- @include layout, ack, unpack-raw
local function restore(id, _, tag)
  local packed = tag and call('HGET', G .. 'unacked', tag)
  if not packed then return end
  ack(tag)
  call('RPUSH', call('HGET', key(id), 'list'), (unpack_raw(packed)))
end
