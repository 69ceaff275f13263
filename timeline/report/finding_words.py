"""What warnings and errors mean, in Chinese; the English is that of the registry of findings."""

from __future__ import annotations

FINDINGS_ZH = {
    "row_unusable": "某一行缺少字段或字段没有意义；该行不用",
    "duration_not_positive": "某一行的时长为零或负数；该行不用",
    "duplicate_row": "某一行一字不差地出现两次；第二次不用",
    "field_odd": "时间以外的某个字段没有意义；当作没有",
    "url_missing": "某一行没有可用的地址；该行保留，文件按标识查找，否则找不到",
    "length_disagrees": "文件声明的时长与起止时间不符；以起止时间为准",
    "unit_doubt": "某个数字的单位与文档不同；由大小判断",
    "video_type_unknown": "流的类型未知；单独作为一条轨道保留",
    "user_missing": "摄像头、屏幕或声音文件没有写明用户；这些文件共用一条轨道",
    "role_unknown": "名单中的角色不认识；不设角色",
    "roster_duplicate": "名单中某个用户出现两次；以第一行为准",
    "clips_overlap": "同一轨道的两个文件同时播放；后开始的在其时间内优先",
    "nothing_recorded": "有一段时间没有录制任何流；时间保留，显示为空",
    "total_time_mismatch": "total_time 与最后一个文件的结束不符；以文件为准",
    "clip_past_end": "文件在 total_time 所说的结束之后才结束；整个使用",
    "wall_clock_impossible": "播放的时间比实际时间还长；不推算实际时间和暂停",
    "wall_origin_odd": "实际时间的起点与时间戳不符；以起点为准",
    "pause_weak_evidence": "暂停所依据的切点处没有两路流同时断开并重新开始；仍作为暂停",
    "pause_unlocated": "缺少一段实际时间，没有数据说明缺在何处；不放置暂停，实际时间有这么大的不确定",
    "pause_declared_odd": "声明的某个暂停没有意义；不用",
    "pauses_too_long": "声明的暂停比缺少的实际时间还长；以声明为准，不用停止时间戳",
    "pause_place_uncertain": "记录中的暂停处没有文件开始；按时钟放置",
    "journal_odd": "暂停记录中某一行没有意义；不用",
    "journal_unused": "暂停记录与录制结果不符，或不需要；暂停用声明的或推断的",
    "media_missing": "找不到文件；以占位画面代替",
    "media_unfetched": "文件无法下载；视为缺失，以占位画面代替",
    "media_unreadable": "文件不是可用的媒体；以占位画面代替",
    "media_short": "文件比录制结果所说的短；最后一帧最多停留一秒，之后以占位画面代替",
    "media_cut_short": "文件在数据中间断开；完整的部分照用",
    "media_damaged": "文件的某些部分无法解码；能看能听的部分照用",
    "picture_missing": "文件没有画面；以占位画面代替",
    "glyph_missing": "没有字体能显示某个名字；改用简短的 ASCII 标识",
}
"""By code; all of them that are a warning or an error."""

LOST_ZH = {
    "cannot be opened": "无法打开",
    "cannot be read": "无法读取",
    "file is damaged": "文件已损坏",
    "file is empty": "文件是空的",
    "file missing": "找不到文件",
    "longer than 24 hours": "长于 24 小时",
    "name is not utf-8": "文件名不是 UTF-8",
    "no picture, no sound": "既无画面也无声音",
    "not a video": "不是视频",
    "picture too large": "画面过大",
    "probe crashed": "检查时崩溃",
    "too many pictures": "画面过多",
    "too many streams": "流过多",
}
"""Why a file could not be used, by what the table of files says; others are names of codecs."""
