--- Reads the events of a stream behind a place.
--- Keys: log, e:, floors, ended, gone
--- Arguments: of the log (see `current_log`), stream, place, most events
--- Answer: the log, the moment, the floor, whether the place is one that the stream cannot have given (1 or 0), the events as XRANGE has them
--- @include log, place, floor, has
local log = current_log()
local stream, after, limit = arg(), number(), number()
local floor = floor_of(stream)
local is_unknown = after > floor and not has(stream, after)
local events = call('XRANGE', key('e:', stream), text(after + 1), '+', 'COUNT', limit)
return { log, moment(), floor, is_unknown and 1 or 0, events }
