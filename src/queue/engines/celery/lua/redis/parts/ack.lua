--- ack(tag): takes a delivery off the broker for good.
--- @include layout
local function ack(tag)
  call('ZREM', G .. 'unacked_index', tag)
  call('HDEL', G .. 'unacked', tag)
end
