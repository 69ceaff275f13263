"""What the report says, in English and in Chinese: every text is there in both."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """A text in both languages; ``{name}`` stands for what is put in."""

    en: str
    zh: str


LANGUAGES = {"en": "en", "zh": "zh-Hans"}
"""What the command line and the page call a language, and what HTML calls it."""

TEXTS: dict[str, Words] = {
    # the head
    "report": Words("Class report", "课堂报告"),
    "language": Words("Language", "语言"),
    "recorded": Words("Recorded", "录制时间"),
    "length": Words("Length", "时长"),
    "pauses": Words("Pauses", "暂停"),
    "pauses_known": Words("{paused} in all", "共 {paused}"),
    "pauses_unknown": Words("how long is not known", "总长未知"),
    "people": Words("People", "人数"),
    "people_known": Words("{camera} of them on camera", "其中 {camera} 人开过摄像头"),
    "roster": Words("On the roster", "名单人数"),
    "unlocated": Words(
        "{missing} of clock time is missing from the recording, and nothing says where.",
        "录制中缺少 {missing} 的实际时间，数据没有说明缺在何处。",
    ),
    # what it can say
    "limits": Words("What this page can and cannot say", "本页能说明什么，不能说明什么"),
    "limit_camera": Words(
        "Camera on is not attendance. Somebody who listens with the camera off leaves no file, and an open "
        "camera does not show that anybody pays attention.",
        "开了摄像头不等于出席。关着摄像头听课的人不会留下文件；摄像头开着，也不说明有人在专心听课。",
    ),
    "limit_talk": Words(
        "Talk is known only where a microphone was recorded, and how much somebody says tells nothing about "
        "what is said.",
        "只有录下麦克风的时间里，才知道谁在说话；说话多少也不能说明说了什么。",
    ),
    "limit_signals": Words(
        "These are signals, not judgements. The page gives no grades and ranks nobody; people are listed by "
        "role, then in the order of the recording. Use it to ask questions, not to answer them.",
        "这些是信号，不是评判。本页不打分，也不给任何人排名；人员先按角色、再按录制中的次序列出。"
        "请用它来提出问题，而不是下结论。",
    ),
    "limit_missing": Words(
        "“–” means not measured. 0 means measured, and nothing found. Times are playback time: "
        "pauses of the recording are cut out.",
        "“–”表示没有测量；0 表示测量过而没有。时间都是播放时间，录制的暂停已被剪掉。",
    ),
    # what limits trust
    "trust": Words("What limits trust", "影响可信度的问题"),
    "trust_none": Words(
        "The recording data hold no warnings and no errors.", "录制数据中没有警告，也没有错误。"
    ),
    "trust_some": Words(
        "Warnings in the recording data: {warnings}. Errors: {errors}. What each kind means:",
        "录制数据中有 {warnings} 条警告、{errors} 条错误。各类的含义如下：",
    ),
    "trust_caption": Words("Findings by kind", "各类疑点"),
    "severity_warning": Words("warning", "警告"),
    "severity_error": Words("error", "错误"),
    "finding": Words("What was found", "发现的问题"),
    "finding_count": Words("Times", "次数"),
    "finding_first": Words("First at", "首次出现"),
    "finding_severity": Words("Severity", "程度"),
    "findings_more": Words(
        "… {count} more kinds; timeline check RESULT prints all.",
        "……另有 {count} 类，完整列表见 timeline check RESULT。",
    ),
    "files_unheard": Words("Media files that could not be used: {count}.", "有 {count} 个媒体文件无法使用。"),
    "files_partly": Words(
        "Media files that are shorter than declared, or whose sound is damaged, and that are used as far as "
        "they go: {count}.",
        "有 {count} 个媒体文件比声明的短，或声音有损坏；可用的部分照用。",
    ),
    "lost_codec": Words("codec {codec}", "不支持的编码 {codec}"),
    "file_short": Words("{missing} shorter than declared", "比声明的短 {missing}"),
    "file_damaged": Words("sound damaged", "声音有损坏"),
    "files_more": Words(
        "… {count} more; timeline metrics RESULT --table files prints all.",
        "……另有 {count} 个，完整列表见 timeline metrics RESULT --table files。",
    ),
    # the picture
    "picture": Words("The lesson at a glance", "课堂概览"),
    "picture_text": Words(
        "Each bar is a stretch in which a stream was recorded. A blank is a stream that was off.",
        "每一段色条表示一路流正在录制；空白表示这路流没有开。",
    ),
    "picture_pauses": Words(
        "Dashed lines are pauses of the whole recording, which have no width in playback time: {list}.",
        "虚线是整个录制的暂停，在播放时间上没有宽度：{list}。",
    ),
    "picture_caption": Words("What was recorded when", "何时录下了什么"),
    "pause_known": Words("at {at} for {length}", "{at} 处，长 {length}"),
    "pause_unknown": Words("at {at}, length unknown", "{at} 处，长度未知"),
    "pauses_more": Words("and {count} more", "另有 {count} 次"),
    "track": Words("Stream", "流"),
    "kind": Words("Kind", "类型"),
    "when": Words("When", "时间"),
    "lanes_more": Words(
        "… {count} more streams; timeline metrics RESULT --table spans prints all.",
        "……另有 {count} 路流，完整列表见 timeline metrics RESULT --table spans。",
    ),
    "nothing_recorded": Words("Nothing was recorded.", "没有录下任何内容。"),
    "kind_camera": Words("camera", "摄像头"),
    "kind_screen": Words("screen", "屏幕"),
    "kind_whiteboard": Words("whiteboard", "白板"),
    "kind_mixed": Words("mixed", "混合画面"),
    "kind_audio": Words("sound only", "仅声音"),
    "kind_other": Words("other", "其他"),
    "coverage_camera": Words("Anybody on camera", "有人开摄像头"),
    "coverage_whiteboard": Words("Whiteboard running", "白板在运行"),
    "coverage_screen": Words("A screen is shared", "有人共享屏幕"),
    "coverage_none": Words("Nothing recorded at all", "完全没有录制"),
    "of_lesson": Words("of the lesson", "占全课"),
    # who was on camera
    "camera": Words("Who was on camera", "谁开了摄像头"),
    "camera_text": Words(
        "A user with the camera off may have been there all along.", "没有开摄像头的人也可能一直在课堂里。"
    ),
    "camera_caption": Words("Camera on, by user", "各人开摄像头的情况"),
    "user": Words("User", "用户"),
    "camera_on": Words("Camera on", "开启时长"),
    "camera_share": Words("Of the lesson", "占全课"),
    "first_on": Words("First on", "首次开启"),
    "last_on": Words("Last off", "最后关闭"),
    "late_on": Words("After class start", "上课后多久开启"),
    "dropouts": Words("Dropouts", "短暂断开"),
    "absences": Words("Absences", "较长关闭"),
    "screen_share": Words("Screen shared", "共享屏幕"),
    "camera_holes": Words(
        "A dropout is a hole of at most {limit} between two stretches, an absence a longer one.",
        "“短暂断开”指两段之间不超过 {limit} 的中断，更长的算“较长关闭”。",
    ),
    "users_more": Words(
        "… {count} more users; timeline metrics RESULT --table users prints all.",
        "……另有 {count} 人，完整列表见 timeline metrics RESULT --table users。",
    ),
    "users_none": Words(
        "The recording holds no camera, screen or sound file of any user.",
        "录制中没有任何用户的摄像头、屏幕或声音文件。",
    ),
    "mean_camera_on": Words("Mean share on camera", "平均开启比例"),
    "attended": Words("Of the roster, on camera", "名单中开摄像头者"),
    "attended_for": Words("for {ratio} of the lesson or more", "不少于全课的 {ratio}"),
    "role_teacher": Words("teacher", "老师"),
    "role_assistant": Words("assistant", "助教"),
    "role_student": Words("student", "学生"),
    "role_observer": Words("observer", "旁听"),
    "no_file": Words("no file", "无文件"),
    # how many at once
    "at_once": Words("How many were on camera at once", "同时有几人开摄像头"),
    "at_once_figure": Words("Users on camera over the lesson", "全课中同时开摄像头的人数"),
    "at_once_coarse": Words(
        "The curve shows the most in each thousandth of the lesson.", "曲线显示每千分之一课时内的最大值。"
    ),
    "peak": Words("Most at once", "最多同时"),
    "time_at_peak": Words("For how long", "持续时长"),
    "mean_at_once": Words("On average", "平均"),
    "median_at_once": Words("For half of the time at most", "一半时间内不超过"),
    "at_once_caption": Words("For how long so many were on camera", "各人数持续的时长"),
    "at_once_users": Words("Users on camera", "人数"),
    "at_once_for": Words("For", "时长"),
    "at_once_more": Words(
        "The {count} numbers of users that lasted longest; timeline metrics RESULT --table concurrency "
        "prints all.",
        "仅列出持续最久的 {count} 种人数，完整列表见 timeline metrics RESULT --table concurrency。",
    ),
    # who spoke
    "speech": Words("Who spoke", "谁在说话"),
    "speech_none": Words(
        "No media files were given or found, so nobody was listened to. Talk, its split over time, turns, "
        "waits and what happened on the board are therefore not on this page. They are measured when the "
        "files of the recording are at hand.",
        "没有提供或找到媒体文件，因此没有听取任何人的声音。本页不含说话情况、随时间的分布、话轮、等待时间和白板活动；"
        "有录制的媒体文件时才能测量。",
    ),
    "speech_deaf": Words(
        "No media file of the lesson could be heard. Who spoke is not known, so talk, turns "
        "and waits are not on this page.",
        "没有一个媒体文件能够听取。不知道谁在说话，因此本页不含说话情况、话轮和等待时间。",
    ),
    "talk_lost": Words(
        "For {lost} a file of somebody’s voice is missing, too short or damaged. That voice may have spoken "
        "then, and leaked into other microphones, so in that time nothing of talk is measured, of anybody.",
        "有 {lost} 的时间，某人的声音文件缺失、过短或损坏。其间此人可能说了话，也可能串入他人的麦克风，"
        "因此这段时间不测量任何人的说话情况。",
    ),
    "speech_text": Words(
        "The pale bar is the time in which the microphone was recorded, the dark part the time in which the "
        "user spoke. Outside of the pale bar nothing is known.",
        "浅色表示录下麦克风的时间，深色表示其中说话的时间。浅色之外一无所知。",
    ),
    "speech_gate": Words(
        "Talk is counted behind a gate that takes out what a microphone hears of somebody else’s "
        "loudspeaker. “Before the gate” is what would be counted without it: where both differ much, "
        "that user’s figures are less certain.",
        "说话时长已去除麦克风从扬声器录到的他人声音。“去串音前”是不去除时的时长：两者相差很大时，此人的数字较不可靠。",
    ),
    "speech_caption": Words("Talk, by user", "各人说话情况"),
    "talk_bar": Words("Microphone and talk", "麦克风与说话"),
    "mic_on": Words("Mic on", "麦克风录制"),
    "talk": Words("Talk", "说话"),
    "talk_ungated": Words("Before the gate", "去串音前"),
    "talk_share": Words("Of all talk", "占全部说话"),
    "talk_ratio": Words("Of own mic time", "占本人麦克风时间"),
    "user_turns": Words("Turns", "话轮"),
    "unheard_users": Words(
        "Users who were never heard, so that nothing is said of their talk: {count}.",
        "有 {count} 人从未被录到声音，不说明他们的说话情况。",
    ),
    "sound_caption": Words(
        "Sound and picture, by user: what makes the figures more or less certain",
        "各人的声音与画面：影响数字可信度的因素",
    ),
    "black": Words("Picture black", "画面全黑"),
    "frozen": Words("Picture frozen", "画面静止"),
    "loudness": Words("Loudness", "响度"),
    "snr": Words("Signal to noise", "信噪比"),
    "clipping": Words("Clipped", "削波"),
    "audio_dead": Words("Dead silent", "完全无声"),
    "vad_reliable": Words("Speech clear enough to find", "语音清晰可辨"),
    "yes": Words("yes", "是"),
    "no": Words("no", "否"),
    # the split
    "split": Words("The split over time", "说话随时间的分布"),
    "split_no_roles": Words(
        "No roles are known, or only one side was heard, so there is no split into teacher and students. "
        "A roster with roles gives it.",
        "角色未知，或只听到一方，因此不区分老师与学生。提供带角色的名单即可区分。",
    ),
    "split_text": Words(
        "Each column is {bin} of the lesson. What is blank was not heard.",
        "每一列是课堂的 {bin}；空白处没有听到声音。",
    ),
    "split_text_grouped": Words(
        "Each column sums up {count} rows of the table, of {bin} each. What is blank was not heard.",
        "每一列合计表中 {count} 行，每行 {bin}；空白处没有听到声音。",
    ),
    "split_figure": Words("Who spoke over the lesson", "全课中谁在说话"),
    "split_caption": Words("Time in which a microphone was heard, in parts", "能听到麦克风的时间如何划分"),
    "part": Words("Part", "部分"),
    "part_share": Words("Of what was heard", "占可听时间"),
    "time": Words("Time", "时长"),
    "teacher_only": Words("teacher only", "只有老师"),
    "students_only": Words("students only", "只有学生"),
    "both": Words("both", "两者同时"),
    "others_only": Words("others only", "只有其他人"),
    "somebody": Words("somebody", "有人说话"),
    "nobody": Words("nobody", "无人说话"),
    "unheard": Words("not heard", "未听到"),
    "heard": Words("Heard in all", "共听到"),
    "teacher_talk": Words("Teacher talk", "老师说话"),
    "student_talk": Words("Student talk", "学生说话"),
    "silence": Words("Silence", "安静"),
    "overlap": Words("Several at once", "多人同时"),
    "of_heard": Words("of what was heard", "占可听时间"),
    "of_speech": Words("{ratio} of speech", "占说话时间的 {ratio}"),
    "students_participating": Words("Students who spoke {limit} or more", "说话不少于 {limit} 的学生"),
    "of_students": Words("of {count} heard", "占 {count} 名被听到的学生"),
    "voice_activity_by": Words("Speech was found by: {name}.", "语音检测方法：{name}。"),
    # turns and waits
    "turns": Words("Turns and waits", "话轮与等待"),
    "turns_all": Words("Turns", "话轮"),
    "turns_rate": Words("Turns per minute heard", "每分钟话轮"),
    "to_student": Words("Teacher, then student", "老师之后是学生"),
    "to_teacher": Words("Student, then teacher", "学生之后是老师"),
    "monologue": Words("Longest monologue", "最长独白"),
    "monologue_where": Words("{who}, from {at}", "{who}，始于 {at}"),
    "waits_text": Words(
        "A wait is the silence between the end of one turn and the start of the next. What was said is not "
        "known, so these are waits after all turns, not only after questions.",
        "等待是一个话轮结束到下一个话轮开始之间的安静。由于不知道说了什么，这里统计的是所有话轮之后的等待，"
        "不只是提问之后的。",
    ),
    "waits_none": Words("No wait was counted: {why}", "没有可计入的等待：{why}"),
    "waits_no_roles": Words("roles are not known, or only one side was heard.", "角色未知，或只听到一方。"),
    "waits_no_silence": Words(
        "no turn followed another one after a silence that was heard.",
        "没有哪个话轮在可听的安静之后接上另一个话轮。",
    ),
    "waits_figure": Words(
        "Share of waits that are at most so long; the dashed line stands at {limit}",
        "等待不超过某一时长的比例；虚线在 {limit} 处",
    ),
    "waits_beyond": Words(
        "Not drawn, for they are longer than the axis: {count}.", "超出横轴而未画出的：{count}。"
    ),
    "waits_caption": Words("Waits by who spoke before and who speaks next", "按前后说话人分类的等待"),
    "wait_kind": Words("Kind", "类型"),
    "wait_time_1": Words("teacher, then a student", "老师之后，学生"),
    "wait_time_2": Words("a student, then the teacher", "学生之后，老师"),
    "student_initiated": Words("a student, then another", "学生之后，另一学生"),
    "teacher_initiated": Words("teacher, then a teacher again", "老师之后，仍是老师"),
    "wait_count": Words("Waits", "次数"),
    "wait_median": Words("Median", "中位数"),
    "wait_quartiles": Words("Quartiles", "四分位"),
    "wait_long": Words("{limit} or more", "不少于 {limit}"),
    "wait_overlaps": Words("Without a wait", "没有等待"),
    "wait_works": Words("Time to work", "练习时间"),
    "waits_work": Words(
        "Silences of more than {limit} count as time to work, not as waits.",
        "超过 {limit} 的安静算作练习时间，不算等待。",
    ),
    "wait_axis": Words("wait, seconds", "等待（秒）"),
    # the board
    "board": Words("What happened on the board", "白板上的活动"),
    "board_none": Words(
        "No whiteboard or screen file was looked at, so nothing is said of what was shown.",
        "没有查看任何白板或屏幕文件，因此不说明展示了什么。",
    ),
    "board_caption": Words("Activity, by stream", "各路流的活动"),
    "board_seen": Words("Seen", "已查看"),
    "board_active": Words("Active", "活动比例"),
    "board_pages": Words("Page changes", "翻页"),
    "board_static": Words("Longest still", "最长静止"),
    "board_talk": Words("Active while the teacher talks", "活动时老师在说话"),
    # how it was computed
    "computed": Words("How each number was computed", "每个数字如何得出"),
    "computed_text": Words(
        "Every number on this page is a value of the tables that timeline metrics writes. Here numbers are "
        "rounded for reading; the tables hold the exact values.",
        "本页的每个数字都是 timeline metrics 所写表格中的值。为便于阅读作了舍入，表格中是精确值。",
    ),
    "computed_caption": Words("The columns shown on this page", "本页用到的列"),
    "column": Words("Table and column", "表与列"),
    "unit": Words("Unit", "单位"),
    "meaning": Words("What it is", "含义"),
    "rules_caption": Words(
        "The rules: every threshold, as proposals that nobody has validated",
        "规则：全部阈值。都是建议值，尚未经过验证",
    ),
    "made_by": Words("Made by", "生成程序"),
    "rules_digest": Words("Digest of the rules", "规则摘要"),
    "result_digest": Words("SHA-256 of the recording result", "录制结果的 SHA-256"),
    "digest_missing": Words("not given", "未提供"),
    "from": Words("From", "来源"),
}
