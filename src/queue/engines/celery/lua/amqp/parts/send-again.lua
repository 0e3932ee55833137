--- send_again(): what was noted for a process that never confirmed it: that one is gone, or the broker would not have it.
--- @include shared, noted
local function send_again()
  for _, note in ipairs(call('ZRANGEBYSCORE', P .. 'outgoing', '-inf', shared() - 5000, 'LIMIT', 0, 500)) do
    call('ZADD', P .. 'outgoing', shared(), note)
    out[#out + 1] = note .. '\n' .. (call('HGET', P .. 'out', note) or '')
  end
end
