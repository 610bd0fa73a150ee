"""What the service model names and this server does not offer."""

# Operations of API version 2016-06-27: they get a text of their own (B260). A test holds the list against botocore.
NOT_OFFERED = frozenset(
    """
    AssociateFaces CompareFaces CopyProjectVersion CreateCollection CreateDataset CreateFaceLivenessSession
    CreateProject CreateProjectVersion CreateStreamProcessor CreateUser DeleteCollection DeleteDataset DeleteFaces
    DeleteProject DeleteProjectPolicy DeleteProjectVersion DeleteStreamProcessor DeleteUser DescribeCollection
    DescribeDataset DescribeProjectVersions DescribeProjects DescribeStreamProcessor DetectCustomLabels
    DetectLabels DetectModerationLabels DetectProtectiveEquipment DetectText DisassociateFaces
    DistributeDatasetEntries GetCelebrityInfo GetCelebrityRecognition GetContentModeration
    GetFaceLivenessSessionResults GetFaceSearch GetLabelDetection GetMediaAnalysisJob GetPersonTracking
    GetSegmentDetection GetTextDetection IndexFaces ListCollections ListDatasetEntries ListDatasetLabels ListFaces
    ListMediaAnalysisJobs ListProjectPolicies ListStreamProcessors ListTagsForResource ListUsers PutProjectPolicy
    RecognizeCelebrities SearchFaces SearchFacesByImage SearchUsers SearchUsersByImage StartCelebrityRecognition
    StartContentModeration StartFaceSearch StartLabelDetection StartMediaAnalysisJob StartPersonTracking
    StartProjectVersion StartSegmentDetection StartStreamProcessor StartTextDetection StopProjectVersion
    StopStreamProcessor TagResource UntagResource UpdateDatasetEntries UpdateStreamProcessor
    """.split()  # noqa: SIM905 - seventy names read better as words than as literals
)
