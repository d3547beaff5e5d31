"""The expression classes that may stand in a parsed and in an analysed tree.

Every entry only computes a value from its inputs. Classes that run foreign code, name the user,
the session or a file, or fail on purpose are missing, so they are refused by name.
"""

from __future__ import annotations

from streamlink_magic.steps.guard.words import classes

_EXPRESSIONS = "org.apache.spark.sql.catalyst.expressions"
_ANALYSIS = "org.apache.spark.sql.catalyst.analysis"
_EXECUTION = "org.apache.spark.sql.execution"


PARSED = (
    classes(
        _ANALYSIS,
        """
    MultiAlias UnresolvedAlias UnresolvedAttribute UnresolvedExtractValue UnresolvedFunction
    UnresolvedGenerator UnresolvedNamedLambdaVariable UnresolvedOrdinal UnresolvedStar
    UnresolvedStarExcept UnresolvedStarExceptOrReplace UnresolvedStarWithColumns
    UnresolvedStarWithColumnsRenames
    """,
    )
    | classes(
        _EXPRESSIONS,
        """
    Add Alias And AttributeReference BitwiseAnd BitwiseNot BitwiseOr BitwiseXor CaseWhen Cast
    Coalesce Collate Concat CreateNamedStruct CreateStruct Cube CurrentDate CurrentRow$ CurrentTime
    CurrentTimestamp Divide EqualNullSafe EqualTo Exists GreaterThan GreaterThanOrEqual
    GroupingSets ILike In InSubquery IntegralDivide IsNotNull IsNull LambdaFunction LateralSubquery
    LessThan LessThanOrEqual Like LikeAll LikeAny ListQuery Literal Multiply NamePlaceholder$
    NamedArgumentExpression Not NotLikeAll NotLikeAny Or Overlay PipeExpression PipeOperator RLike
    Remainder Rollup ScalarSubquery SemiStructuredExtract ShiftLeft ShiftRight ShiftRightUnsigned
    SortOrder SpecifiedWindowFrame StringLocate StringTrim StringTrimBoth StringTrimLeft
    StringTrimRight Substring Subtract TimestampAdd TimestampDiff UnaryMinus UnaryPositive
    UnboundedFollowing$ UnboundedPreceding$ UnresolvedCollation UnresolvedNamedLambdaVariable
    UnresolvedWindowExpression UnspecifiedFrame$ WindowExpression WindowSpecDefinition
    """,
    )
    | classes(f"{_EXPRESSIONS}.aggregate", "AggregateExpression AnyValue First Last")
)
"""Expressions of a parsed, not yet analysed tree."""

ANALYZED = (
    classes(
        _EXPRESSIONS,
        """
    Abs Acos Acosh Add AddMonths AesDecrypt AesEncrypt Alias And ApproxTopKEstimate
    ArrayAggregate ArrayAppend ArrayCompact ArrayContains ArrayDistinct ArrayExcept ArrayExists
    ArrayFilter ArrayForAll ArrayInsert ArrayIntersect ArrayJoin ArrayMax ArrayMin ArrayPosition
    ArrayPrepend ArrayRemove ArrayRepeat ArraySize ArraySort ArrayTransform ArrayUnion
    ArraysOverlap ArraysZip Ascii Asin Asinh Atan Atan2 Atanh AttributeReference BRound Base32
    Base64 Between Bin BinaryPad BinaryPredicate BitLength BitmapAndAgg BitmapBitPosition
    BitmapBucketNumber BitmapConstructAgg BitmapCount BitmapOrAgg BitwiseAnd BitwiseCount
    BitwiseGet BitwiseNot BitwiseOr BitwiseXor CaseWhen Cast Cbrt Ceil Chr Coalesce Collate
    Collation CommonExpressionDef CommonExpressionRef Concat ConcatWs Contains Conv
    ConvertTimezone Cos Cosh Cot CounterDiff CounterDiffWithStartTime Crc32 CreateArray
    CreateMap CreateNamedStruct Csc CsvToStructs CumeDist CurrentDate CurrentRow$ CurrentTime
    CurrentTimeZone CurrentTimestamp DateAdd DateAddYMInterval DateDiff DateFormatClass
    DateFromUnixDate DateSub DatetimeSub DayName DayOfMonth DayOfWeek DayOfYear Decode DenseRank
    Divide DivideYMInterval ElementAt Elt Encode EndsWith EqualNull EqualNullSafe EqualTo
    EulerNumber Exists Exp Explode Expm1 Extract ExtractANSIIntervalDays
    ExtractANSIIntervalMinutes ExtractANSIIntervalMonths ExtractANSIIntervalSeconds Factorial
    FindInSet Flatten Floor FormatNumber FormatString FromUTCTimestamp FromUnixTime Get
    GetArrayItem GetJsonObject GetStructField GreaterThan GreaterThanOrEqual Greatest Hex
    HllSketchEstimate HllUnion Hmac Hour Hypot ILike If In InSubquery InitCap Inline
    IntegralDivide IsNaN IsNotNull IsNull IsValidUTF8 JaroWinkler JsonObjectKeys JsonToStructs
    JsonTuple KllSketchGetNBigint KllSketchGetNDouble KllSketchGetNFloat
    KllSketchGetQuantileBigint KllSketchGetQuantileDouble KllSketchGetQuantileFloat
    KllSketchGetRankBigint KllSketchGetRankDouble KllSketchGetRankFloat KllSketchMergeBigint
    KllSketchMergeDouble KllSketchMergeFloat KllSketchToStringBigint KllSketchToStringDouble
    KllSketchToStringFloat KnownNullable Lag LambdaFunction LastDay LateralSubquery Lead Least
    Left Length LengthOfJsonArray LessThan LessThanOrEqual Levenshtein Like ListQuery Literal
    LocalTimestamp Log Log10 Log1p Log2 Logarithm Lower Luhncheck MakeDTInterval MakeDate
    MakeInterval MakeTimestamp MakeTimestampFromDateTime MakeTimestampNTZ MakeValidUTF8
    MakeYMInterval MapConcat MapContainsKey MapEntries MapFilter MapFromArrays MapFromEntries
    MapKeys MapValues MapZipWith Mask Md5 MicrosToTimestamp MillisToTimestamp Minute
    MonotonicallyIncreasingID Month MonthName MonthsBetween Multiply MultiplyYMInterval
    Murmur3Hash NTile NaNvl NamedLambdaVariable NanosToTimestamp NextDay Not Now NthValue NullIf
    NullIfResult NullIfZero Nvl Nvl2 OctetLength Or OuterReference Overlay ParseToDate
    ParseToTimestamp ParseUrl PercentRank Pi PipeOperator Pmod PosExplode Pow
    PreciseTimestampConversion Quarter Quote RLike Rand RandStr Randn Rank RegExpCount
    RegExpExtract RegExpExtractAll RegExpInStr RegExpReplace RegExpSubStr Remainder
    ResolvedCollation Reverse Right Rint Round RoundCeil RoundFloor RowNumber ScalarSubquery
    SchemaOfCsv SchemaOfJson SchemaOfXml Sec Second SecondWithFraction SecondsToTimestamp
    Sentences Sequence Sha1 Sha2 ShiftLeft ShiftRight ShiftRightUnsigned Shuffle Signum Sin Sinh
    Size Slice SortArray SortOrder SoundEx SparkPartitionID SpecifiedWindowFrame SplitPart Sqrt
    Stack StartsWith StringDecode StringInstr StringInstrWithOccurrence StringLPad StringLocate
    StringRPad StringRepeat StringReplace StringSpace StringSplit StringToMap StringTranslate
    StringTrim StringTrimBoth StringTrimLeft StringTrimRight StructsToCsv StructsToJson
    StructsToXml Substring SubstringIndex Subtract Tan Tanh ThetaDifference ThetaIntersection
    ThetaSketchEstimate ThetaUnion TimeBucket TimestampAddInterval ToBinary ToCharacter
    ToDegrees ToNumber ToRadians ToUTCTimestamp ToUnixTimestamp TransformKeys TransformValues
    TruncDate TruncTimestamp TryAdd TryAesDecrypt TryDivide TryElementAt TryEval TryMakeInterval
    TryMakeTimestamp TryMakeTimestampFromDateTime TryMod TryMultiply TryParseUrl TrySubtract
    TryToBinary TryToNumber TryUrlDecode TryValidateUTF8 TupleDifferenceDouble
    TupleDifferenceInteger TupleDifferenceThetaDouble TupleDifferenceThetaInteger
    TupleIntersectionDouble TupleIntersectionInteger TupleIntersectionThetaDouble
    TupleIntersectionThetaInteger TupleSketchEstimateDouble TupleSketchEstimateInteger
    TupleSketchSummaryDouble TupleSketchSummaryInteger TupleSketchThetaDouble
    TupleSketchThetaInteger TupleUnionDouble TupleUnionInteger TupleUnionThetaDouble
    TupleUnionThetaInteger TypeOf UnBase32 UnBase64 UnaryMinus UnaryPositive UnboundedFollowing$
    UnboundedPreceding$ Unhex Uniform UnixDate UnixMicros UnixMillis UnixSeconds UnixTimestamp
    Upper UrlDecode UrlEncode Uuid ValidateUTF8 VectorAvg VectorCosineSimilarity
    VectorInnerProduct VectorL2Distance VectorNorm VectorNormalize VectorSum WeekDay WeekOfYear
    WidthBucket WindowExpression WindowSpecDefinition With XmlToStructs XxHash64 Year ZeroIfNull
    ZipWith
    """,
    )
    | classes(
        _EXPRESSIONS,
        """
    ArrayBinarySearch AtLeastNNonNulls CheckOverflow CollationKey CurrentTimestampNanos
    DateAddInterval DatePart DivideDTInterval DivideInterval ExtractANSIIntervalHours
    ExtractANSIIntervalYears ExtractIntervalDays ExtractIntervalHours ExtractIntervalMinutes
    ExtractIntervalMonths ExtractIntervalPart ExtractIntervalSeconds ExtractIntervalYears
    GeneratorOuter GetArrayStructFields GetMapValue GetTimestamp Grouping GroupingID HoursOfTime
    InSet KnownFloatingPointNormalized KnownNotNull LateralColumnAliasReference LikeAll LikeAny
    LocalTimestampNanos MakeTime MakeTimestampLTZ MakeTimestampLTZNanos
    MakeTimestampNTZNanos MapSort MinutesOfTime MultiplyDTInterval MultiplyInterval NotLikeAll
    NotLikeAny SecondsOfTime SecondsOfTimeWithFraction SemiStructuredExtract StringSplitSQL
    SubtractDates SubtractTimes SubtractTimestamps TimeAddInterval TimeDiff TimeFromMicros
    TimeFromMillis TimeFromSeconds TimeToMicros TimeToMillis TimeToSeconds TimeTrunc TimestampAdd
    TimestampAddYMInterval TimestampDiff ToTime UnixNanos UpCast UpdateFields WindowTime YearOfWeek
    """,
    )
    | classes(
        f"{_EXPRESSIONS}.aggregate",
        """
    AggregateExpression AnyValue ApproxTopK ApproxTopKAccumulate ApproxTopKCombine
    ApproximatePercentile Average BitAndAgg BitOrAgg BitXorAgg BoolAnd BoolOr CollectList
    CollectSet CollectUnion Corr Count CountIf CountMinSketchAgg CovPopulation CovSample First
    HistogramNumeric HllSketchAgg HllUnionAgg HyperLogLogPlusPlus KllMergeAggBigint
    KllMergeAggDouble KllMergeAggFloat KllSketchAggBigint KllSketchAggDouble KllSketchAggFloat
    Kurtosis Last ListAgg Max MaxBy MaxMinByK Median Min MinBy Mode Percentile PercentileCont
    PercentileDisc PivotFirst RegrAvgX RegrAvgY RegrCount RegrIntercept RegrR2 RegrSXX RegrSXY
    RegrSYY RegrSlope Skewness StddevPop StddevSamp Sum ThetaIntersectionAgg ThetaSketchAgg
    ThetaUnionAgg TupleIntersectionAggDouble TupleIntersectionAggInteger TupleSketchAggDouble
    TupleSketchAggInteger TupleUnionAggDouble TupleUnionAggInteger VariancePop VarianceSamp
    """,
    )
    | classes(
        f"{_EXPRESSIONS}.variant",
        """
    IsValidVariant IsVariantNull ParseJson SchemaOfVariant SchemaOfVariantAgg ToVariantObject
    VariantArrayAppend VariantDelete VariantExplode VariantGet VariantInsert VariantSet
    VariantStripNulls
    """,
    )
    | classes(
        f"{_EXPRESSIONS}.xml",
        """
    XPathBoolean XPathDouble XPathFloat XPathInt XPathList XPathLong XPathShort XPathString
    """,
    )
    | classes(
        f"{_EXPRESSIONS}.st",
        """
    ST_AsBinary ST_GeogFromWKB ST_GeomFromWKB ST_SetSrid ST_Srid
    """,
    )
)
"""Expressions of an analysed tree."""

EXTRA = {
    "current_catalog": classes(_EXPRESSIONS, "CurrentCatalog"),
    "current_database": classes(_EXPRESSIONS, "CurrentDatabase"),
    "current_schema": classes(_EXPRESSIONS, "CurrentDatabase"),
    "current_user": classes(_EXPRESSIONS, "CurrentUser"),
    "session_user": classes(_EXPRESSIONS, "CurrentUser"),
    "user": classes(_EXPRESSIONS, "CurrentUser"),
    "version": classes(_EXPRESSIONS, "SparkVersion"),
    "input_file_name": classes(_EXPRESSIONS, "InputFileName"),
    "assert_true": classes(_EXPRESSIONS, "AssertTrue RaiseError"),
    "raise_error": classes(_EXPRESSIONS, "RaiseError"),
}
"""What a function brings into the analysed tree, for those that a policy may add."""

UDFS = (
    classes(_EXPRESSIONS, "PythonUDF PythonUDAF ScalaUDF")
    | classes(f"{_EXPRESSIONS}.aggregate", "ScalaAggregator")
    | classes(f"{_EXECUTION}.aggregate", "ScalaUDAF ScalaAggregator")
    | classes(_ANALYSIS, "SQLScalarFunction")
    | classes(
        "org.apache.spark.sql.hive",
        "HiveSimpleUDF HiveGenericUDF HiveGenericUDTF HiveUDAFFunction",
    )
)
"""User-defined functions: allowed where a policy names them, and in what the user built."""
